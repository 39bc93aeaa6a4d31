mod discovery;
mod netrc;
mod programs;
