"""What boards and machines say on their lines, apart from any port: frames, and what may be believed of them."""
