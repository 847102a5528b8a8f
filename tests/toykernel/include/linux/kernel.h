/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _LINUX_KERNEL_H
#define _LINUX_KERNEL_H

#define NULL ((void *)0)
#define EXPORT_SYMBOL(name) const char __export_symbol_##name = 0
#define MODULE_LICENSE(text) const char __license_unique_(KBUILD_MODNAME) = 0
#define __license_unique_(name) __license_unique(name)
#define __license_unique(name) __license_##name

int printk(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
