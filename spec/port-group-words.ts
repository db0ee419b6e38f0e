/** The three switches of an ESXi port group, by their words. */
export const PORT_GROUP_WORDS = ["promiscuous", "macChanges", "forgedTransmits"] as const;
