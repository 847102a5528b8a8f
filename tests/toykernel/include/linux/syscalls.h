/* SPDX-License-Identifier: GPL-2.0-or-later */
long sys_fork(void);
