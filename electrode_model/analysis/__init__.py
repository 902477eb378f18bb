"""What results and materials show, as numbers: each module a tool, with its paper."""
