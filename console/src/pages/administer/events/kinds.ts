/** The types of events, as the authorization service records them. */
export const KINDS = [
  "ClientCreated",
  "ClientDeleted",
  "ClientSecretChanged",
  "ConsentGiven",
  "ConsentWithdrawn",
  "FactorAdded",
  "FactorRemoved",
  "FactorRepeated",
  "GrantGiven",
  "GrantTaken",
  "GroupCreated",
  "GroupDeleted",
  "KeyRotated",
  "LoggedIn",
  "LoginRefused",
  "MemberAdded",
  "MemberRemoved",
  "PasswordChanged",
  "PasswordReset",
  "ProfileChanged",
  "RecoveryCodeUsed",
  "RecoveryCodesReplaced",
  "RefreshTokenReused",
  "RoleChanged",
  "SecondFactorPolicyChanged",
  "SessionEnded",
  "SignedInToClient",
  "UserDeleted",
  "UserDisabled",
  "UserEnabled",
  "UserLoggedOut",
  "UserRegistered",
  "UserUnlocked",
] as const;

export type Kind = (typeof KINDS)[number];

export function isKnown(kind: string): kind is Kind {
  return (KINDS as readonly string[]).includes(kind);
}

const SERIOUS = new Set<string>(["LoginRefused", "RefreshTokenReused", "FactorRepeated"]);
const SEVERING = /Deleted|Removed|Taken|Disabled|Ended|LoggedOut|Withdrawn/;

/** Returns how to colour the badge of an event. */
export function colourOf(kind: string): string {
  return SERIOUS.has(kind) ? "bad" : SEVERING.test(kind) ? "warn" : "";
}
