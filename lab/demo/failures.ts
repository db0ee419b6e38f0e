import { cutCable, kill, restoreCable, startUnit, stopUnit } from "../faults";
import type { Failure } from "./failure";
import { type Choice, afterGoodbye, afterSilence, primary } from "./pair";

/** A daemon that dies, a cable that is pulled, and a stop in order. */
export function failuresOfService(choice: Choice): Failure[] {
  return [
    {
      title: "kill -9 of keepalived",
      label: "all its processes killed",
      bound: afterSilence(choice),
      strike: (host) => kill(host, "keepalived"),
      recovery: { label: "systemd starts keepalived again", heal: () => Promise.resolve() },
    },
    {
      title: "The cable is cut",
      label: `cable of ${primary} cut`,
      bound: afterSilence(choice),
      strike: cutCable,
      recovery: { label: "the cable is plugged in again", heal: restoreCable },
    },
    {
      title: "keepalived is stopped in order",
      label: "systemctl stop keepalived",
      bound: afterGoodbye(choice),
      strike: (host) => stopUnit(host, "keepalived"),
      recovery: { label: "systemctl start keepalived", heal: (host) => startUnit(host, "keepalived") },
    },
  ];
}

/** The plug is pulled. */
export function powerLoss(choice: Choice): Failure {
  return {
    title: `${primary} loses its power`,
    label: "the plug is pulled",
    bound: afterSilence(choice),
    strike: (host) => host.powerOff(),
    recovery: { label: `${primary} boots from nothing but its disk`, heal: (host) => host.boot() },
  };
}
