	.text
bad_main:
	not_an_opcode %eax, 1
	.word undefined_thing - other_thing
	.error "refused"
	.warning "careful"
