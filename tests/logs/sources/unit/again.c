int callee(int x) { return x + 2; }
