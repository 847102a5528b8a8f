// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/kernel.h>
#include <linux/mm.h>

int net_dev(struct page *page);
int net_init(void);

int net_init(void)
{
	return net_dev(alloc_page());
}
MODULE_LICENSE("GPL");
