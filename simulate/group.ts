import type { Instance, State } from "./instance";

/** keepalived's sync group (vrrp_sync.c): its members share one state. */
export class Group {
  state: State = "BACKUP";
  membersFailed = 0;
  membersInit = 0;

  constructor(readonly members: readonly Instance[]) {
    for (const member of members) member.group = this;
  }

  /** Takes its first state from its members, before they start. */
  start(): void {
    this.membersFailed = this.members.filter(({ faults }) => faults > 0).length;
    this.membersInit = this.members.filter(({ checksInit }) => checksInit > 0).length;
    const isOwner = this.members.every((member) => member.isOwner);
    this.state =
      this.membersFailed > 0 ? "FAULT" : this.membersInit > 0 ? "INIT" : isOwner ? "MASTER" : "BACKUP";
  }

  /** After a reload: master when all members go on as masters. */
  resume(): void {
    const states = new Set(this.members.map(({ state }) => state));
    if (states.size === 1) this.state = [...states][0]!;
  }

  /** Whether a member may take its addresses: all others want to, too. */
  canBeMaster(member: Instance): boolean {
    if (this.state === "MASTER") return true;
    if (this.others(member).every(({ want }) => want === "MASTER")) return true;
    member.waitOn();
    return false;
  }

  /** What a member's way from a state means for the others. */
  follow(before: State, member: Instance): void {
    if (member.state === "MASTER" && before !== "INIT") this.toMaster(member);
    else if (before === "MASTER" && member.state === "BACKUP") this.toBackup(member);
  }

  toMaster(member: Instance): void {
    if (this.state === "MASTER" || !this.canBeMaster(member)) return;
    for (const other of this.others(member)) {
      if (other.state === "MASTER") continue;
      other.want = "MASTER";
      other.goToMaster();
    }
    this.state = "MASTER";
  }

  toBackup(member: Instance): void {
    if (this.state === "BACKUP") return;
    for (const other of this.others(member)) {
      if (other.state === "BACKUP") continue;
      other.want = "BACKUP";
      if (other.state === "MASTER") other.leaveMaster(false);
      else other.leaveFault();
    }
    this.state = "BACKUP";
  }

  memberFailed(member: Instance): void {
    if (this.membersFailed++ > 0 || this.state === "FAULT") return;
    for (const other of this.others(member)) {
      if (other.state === "FAULT") continue;
      other.want = "FAULT";
      if (other.state === "MASTER") {
        other.leaveMaster(false);
      } else {
        other.state = "FAULT";
        other.leaveFault();
      }
    }
    this.state = "FAULT";
  }

  private others(member: Instance): Instance[] {
    return this.members.filter((other) => other !== member);
  }
}
