"""What validation scripts share: rows of evidence and how they are reported."""
