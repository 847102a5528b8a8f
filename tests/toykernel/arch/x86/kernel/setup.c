// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/kernel.h>
#include <asm/page.h>

unsigned long setup_arch(void)
{
	return PAGE_SIZE;
}
