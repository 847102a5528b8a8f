/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _LINUX_MM_TYPES_H
#define _LINUX_MM_TYPES_H

#include <generated/bounds.h>

struct page {
	unsigned long flags;
	int count;
#ifdef CONFIG_SWAP
	int swap;
#endif
	char zones[MAX_NR_ZONES];
};

#endif
