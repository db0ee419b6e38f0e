import { run } from "./run";

for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    // Whoever read has seen enough (`| head`), or the terminal was closed: what is left to say is lost, the verdict and
    // what is still to be brought back are not.
    if (error.code !== "EPIPE" && error.code !== "EIO") throw error;
  });
}

run(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
}).then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    console.error(error);
    process.exitCode = 2;
  },
);
