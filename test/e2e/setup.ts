// Real hosts boot and real timers run here: a case may take minutes, and that is not a failure.
jest.setTimeout(10 * 60 * 1000);
