"""Files that other programs read: made from the control API's answers, on a computer of any kind."""
