import { PolicyPack } from "@pulumi/policy";
import { policies } from "./policies";

new PolicyPack("pulumi-keepalived", {
  description: "Keepalived clusters that cannot work, told before they are applied",
  enforcementLevel: "mandatory",
  policies,
});
