"""What makes the course: run, refresh, lab, the site, slides and the instructor's edition."""
