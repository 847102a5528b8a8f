// SPDX-License-Identifier: GPL-2.0-or-later
/* Compiled to assembler before all else; its numbers become include/generated/bounds.h. */
#define DEFINE(name, value) asm volatile("\n->" #name " %0" : : "i" (value))

int main(void)
{
	DEFINE(MAX_NR_ZONES, 4);
	DEFINE(NR_PAGEFLAGS, 22);
	return 0;
}
