# job
