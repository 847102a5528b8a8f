// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/kernel.h>
#include <linux/mm.h>

int swap_out(struct page *page)
{
	return page->swap++;
}
