export { endpointText } from "./endpoint";
export { publicKeyOf } from "./keys";
export { Endpoint, Forwarded, Network, Tunnel, TunnelNode, TunnelPeer, TunnelPlan } from "./model";
export { LINK_LOCAL, networkText } from "./network";
export { checkTunnel, parseTunnel, PublicKeys } from "./parse";
export { tunnelPlan } from "./plan";
