// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/kernel.h>
#include <linux/mm.h>

void *kmalloc(void)
{
	return alloc_page();
}
EXPORT_SYMBOL(kmalloc);
