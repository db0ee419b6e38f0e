import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { fillDirectory } from "./cache";
import { type Log, step } from "./progress";
import { findExecutable, run } from "./run";
import { PULUMI_VERSION } from "./versions";

const PACKAGE = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi";
const VERSION_VARIABLE = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version";

// Where the usual installers put Go without putting it on PATH.
const GO_DIRECTORIES = ["/usr/local/go/bin", "/usr/lib/go/bin"];

/** Builds the CLI from the Go module proxy, once per version, and answers the path of the binary. */
export async function buildPulumi(cache: string, log: Log): Promise<string> {
  const target = path.join(cache, `pulumi-${PULUMI_VERSION}-${moduleDigest()}`);
  const binary = path.join(target, "pulumi");
  if (fs.existsSync(binary)) return binary;
  const go = findGo();
  await fillDirectory(target, async (directory) => {
    await step(log, `building pulumi ${PULUMI_VERSION} from the Go module proxy (3-5 min at first)`, () =>
      run(
        go,
        [
          "build",
          `-ldflags=-s -w -X ${VERSION_VARIABLE}=${PULUMI_VERSION}`,
          "-o",
          path.join(directory, "pulumi"),
          PACKAGE,
        ],
        { cwd: __dirname },
      ),
    );
  });
  return binary;
}

function moduleDigest(): string {
  const hash = createHash("sha256");
  for (const name of ["go.mod", "go.sum"]) hash.update(fs.readFileSync(path.join(__dirname, name)));
  return hash.digest("hex").slice(0, 12);
}

function findGo(): string {
  const searchPath = [process.env.PATH ?? "", ...GO_DIRECTORIES].join(path.delimiter);
  const go = findExecutable("go", searchPath);
  if (go !== undefined) return go;
  throw new Error(
    "no pulumi on PATH, no official download, and no Go to build it with; run: apt-get install golang-go (Go 1.21 or later: on Debian 12 from bookworm-backports), or put an official pulumi on PATH",
  );
}
