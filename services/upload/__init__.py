"""The upload stage: the finished files of a job go where viewers can fetch them."""
