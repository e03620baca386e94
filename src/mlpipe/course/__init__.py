"""What makes notebooks a course: claims, exercises, the closing box and the runner."""
