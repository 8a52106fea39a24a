"""What stands above a table that goes on to the right where a page is narrow; each page's style says when it shows."""

SIDEWAYS = "<p class='sideways'>This table goes on to the right: scroll it sideways.</p>"
