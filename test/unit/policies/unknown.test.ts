import {
  instanceProps,
  judgeInstance,
  judgePair,
  judgeStack,
  pairProps,
  Props,
  UNKNOWN_ARRAY,
  UNKNOWN_NUMBER,
  UNKNOWN_OBJECT,
  UNKNOWN_STRING,
} from "./fixtures";
import { nodeInput } from "../spec/cluster-input";

const SENTINELS = [UNKNOWN_STRING, UNKNOWN_NUMBER, UNKNOWN_ARRAY, UNKNOWN_OBJECT];

function replaced(list: unknown[], at: number, item: unknown): unknown[] {
  return list.map((old, i) => (i === at ? item : old));
}

/** The compliant inputs, each time with one more place that preview does not know. */
function* withOneUnknown(value: unknown, sentinel: string): Generator<unknown> {
  if (Array.isArray(value)) {
    for (const [i, item] of value.entries()) {
      yield replaced(value, i, sentinel);
      for (const changed of withOneUnknown(item, sentinel)) {
        yield replaced(value, i, changed);
      }
    }
  } else if (value !== null && typeof value === "object") {
    for (const [key, item] of Object.entries(value)) {
      yield { ...value, [key]: sentinel };
      for (const changed of withOneUnknown(item, sentinel)) {
        yield { ...value, [key]: changed };
      }
    }
  }
}

const FULL: Props = {
  state: "BACKUP",
  advertInt: 1,
  version: 2,
  multicast: false,
  nopreempt: false,
  preemptDelay: 0,
  authPass: "12345678",
  scriptUser: "root",
  trackScripts: [{ name: "web", script: "/bin/true", weight: -20 }],
  trackProcesses: [{ name: "proc", process: "nginx", weight: -20 }],
};

describe.each(SENTINELS)("with %s in any one place", (sentinel) => {
  it("a compliant instance stays compliant", () => {
    for (const props of withOneUnknown(instanceProps(2, 3, FULL), sentinel)) {
      expect([props, judgeInstance(props as Props)]).toEqual([props, []]);
    }
  });

  it("a compliant pair stays compliant", () => {
    const full = pairProps({
      ...Object.fromEntries(Object.entries(FULL).filter(([key]) => key !== "state" && key !== "nopreempt")),
      preemption: "prefer-primary",
    });
    for (const props of withOneUnknown(full, sentinel)) {
      expect([props, judgePair(props as Props)]).toEqual([props, []]);
    }
  });

  it("a compliant stack stays compliant", () => {
    for (const props of withOneUnknown(instanceProps(2, 3, FULL), sentinel)) {
      expect([props, judgeStack([props as Props, instanceProps(3, 2, FULL)])]).toEqual([props, []]);
    }
  });
});

it("what is known is judged beside what is not", () => {
  expect(judgeInstance(instanceProps(2, 3, { virtualRouterId: UNKNOWN_NUMBER, priority: 255 }))).toHaveLength(
    1,
  );
  const nodes = [
    { ...nodeInput("gw-a", 2), unicastSrcIp: UNKNOWN_STRING },
    { ...nodeInput("gw-b", 3), priority: 255 },
  ];
  expect(judgePair(pairProps({ nodes })).map((v) => v.policy)).toEqual(["priority-255"]);
  const second = instanceProps(3, 2, { virtualRouterId: 52, unicastSrcIp: UNKNOWN_STRING });
  expect(judgeStack([instanceProps(2, 3), second]).map((v) => v.policy)).toEqual([
    "virtual-router-id-mismatch-in-stack",
  ]);
});
