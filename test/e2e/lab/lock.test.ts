import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { withLock } from "../../../lab/lock";

describe("a lock", () => {
  const directory = mkdtempSync(join(tmpdir(), "lab-lock-"));
  const file = join(directory, "lock");
  afterAll(() => rmSync(directory, { recursive: true }));

  test("lets one in at a time and tells who waits whom it waits for", async () => {
    const waitedFor: string[] = [];
    let inside = 0;
    const enter = () =>
      withLock(
        file,
        async () => {
          inside += 1;
          await new Promise((resolve) => setTimeout(resolve, 50));
          expect(inside).toBe(1);
          inside -= 1;
        },
        (holder) => waitedFor.push(holder),
      );
    const first = enter();
    await new Promise((resolve) => setTimeout(resolve, 25));
    await Promise.all([first, enter(), enter()]);
    expect(waitedFor.length).toBeGreaterThan(0);
    expect(new Set(waitedFor)).toEqual(new Set([String(process.pid)]));
  });

  test("is free again after a failure inside", async () => {
    await expect(withLock(file, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    await expect(withLock(file, () => "in")).resolves.toBe("in");
  });
});
