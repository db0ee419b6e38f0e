import { SpecContext } from "./context";
import { wordProblems, WORDS } from "./hypervisor";
import { accessProblems, problem } from "./hypervisor-access";
import { HypervisorKind } from "./hypervisor-model";
import { Problem } from "./model";
import { finish, Parsed } from "./parse";
import { PveGuestNicInput, pveGuestNicSchema } from "./schema/hypervisor";
import { validate } from "./schema/validate";
import { isKnown } from "./unknown";

/** Reads what a guest's NIC is to be: schema, access, and that anything is wanted of it. */
export function parsePveGuestNic(input: unknown, context: SpecContext = {}): Parsed<PveGuestNicInput> {
  const { problems, draft } = validate(pveGuestNicSchema, input);
  if (!isKnown(draft)) return finish(draft, problems);
  const nothing = WORDS.every((word) => draft[word] === undefined);
  return finish(draft, [
    ...problems,
    ...accessProblems(draft, HypervisorKind.Pve, [], context),
    ...wordProblems({ ...draft, kind: HypervisorKind.Pve }, []),
    ...(nothing
      ? [
          problem(
            "guest-nic-nothing-wanted",
            ["firewall"],
            "(missing)",
            `at least one of ${WORDS.join(", ")}`,
            "say what the NIC may do; HaPair's hypervisor works out by itself what a pair needs",
          ),
        ]
      : []),
  ]);
}

/** Whether a token reads as one: a secret is checked when it is known. */
export function checkPveToken(token: string): Problem[] {
  const { problems } = validate(pveGuestNicSchema, { token, id: 100 });
  return problems.filter(({ path }) => path === "token");
}
