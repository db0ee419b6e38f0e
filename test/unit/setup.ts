import * as fc from "fast-check";
import { seedOf } from "./seed";

// Many tests run the agent in real shells: on a busy machine one takes its time, and that is not a failure.
jest.setTimeout(60_000);

const seed = seedOf(process.env["FC_SEED"]);
fc.configureGlobal(seed === undefined ? {} : { seed });
