// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/kernel.h>
#include <linux/syscalls.h>

unsigned long setup_arch(void);
int string_length(const char *text);
void start_kernel(void);

void start_kernel(void)
{
	setup_arch();
	printk("%d\n", string_length("toy"));
	sys_fork();
}
