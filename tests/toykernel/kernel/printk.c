// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/kernel.h>

int printk(const char *format, ...)
{
	return format != NULL;
}
EXPORT_SYMBOL(printk);
