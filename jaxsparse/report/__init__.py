"""Reports of studies, searches and comparisons: tables, figures and a page."""
