// Many tests run the agent in real shells: on a busy machine one takes its time, and that is not a failure.
jest.setTimeout(60_000);
