/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _LINUX_MM_H
#define _LINUX_MM_H

#include <linux/mm_types.h>

struct page *alloc_page(void);
void free_page(struct page *page);
int swap_out(struct page *page);

#endif
