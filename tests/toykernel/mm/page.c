// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/kernel.h>
#include <linux/mm.h>

static struct page pages[8];

struct page *alloc_page(void)
{
	for (int i = 0; i < 8; i++)
		if (!pages[i].count++)
			return &pages[i];
	return NULL;
}
EXPORT_SYMBOL(alloc_page);

void free_page(struct page *page)
{
	page->count = 0;
}
EXPORT_SYMBOL(free_page);
