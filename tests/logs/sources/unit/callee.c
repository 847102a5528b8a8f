int callee(int x) { return x + 1; }
