/** One for all: a property that fails here fails everywhere, and a run never hangs on luck. */
const FIXED = 1;

/** The seed of all properties, by what FC_SEED says; undefined: another one each time. */
export function seedOf(said: string | undefined): number | undefined {
  if (said === undefined || said === "") return FIXED;
  if (said === "random") return undefined;
  const seed = Number(said);
  if (!Number.isInteger(seed)) throw new Error(`FC_SEED=${said}: give a whole number, or random`);
  return seed;
}
