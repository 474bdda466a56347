// openid_client.mjs ISSUER CLIENT_ID CLIENT_SECRET REDIRECT_URI SCOPE: signs a user in with openid-client. Writes the address that the
// browser has to open, reads the one that the browser is sent back to, and writes what it has learnt, as JSON. No secret: a public
// client.

import { createInterface } from "node:readline/promises";

import * as client from "openid-client";

const [issuer, clientId, secret, redirectUri, scope] = process.argv.slice(2);
const authentication = secret ? client.ClientSecretBasic(secret) : client.None();
const server = await client.discovery(new URL(issuer), clientId, undefined, authentication, {
  execute: [client.allowInsecureRequests],
});

const verifier = client.randomPKCECodeVerifier();
const state = client.randomState();
const nonce = client.randomNonce();
// A client with a secret pushes its request (RFC 9126).
const build = secret ? client.buildAuthorizationUrlWithPAR : client.buildAuthorizationUrl;
const address = await build(server, {
  redirect_uri: redirectUri,
  scope,
  state,
  nonce,
  code_challenge: await client.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256",
});
console.log(address.href);

const terminal = createInterface({ input: process.stdin });
const [returned] = (await terminal[Symbol.asyncIterator]().next()).value.split("\n");
const tokens = await client.authorizationCodeGrant(server, new URL(returned), {
  pkceCodeVerifier: verifier,
  expectedState: state,
  expectedNonce: nonce,
  maxAge: 600,
});
const claims = tokens.claims();
const user = await client.fetchUserInfo(server, tokens.access_token, claims.sub);
const renewed = await client.refreshTokenGrant(server, tokens.refresh_token);
await client.tokenRevocation(server, renewed.refresh_token);
const refused = await client.refreshTokenGrant(server, renewed.refresh_token).then(
  () => null,
  (error) => error.error,
);
terminal.close();
console.log(JSON.stringify({ claims, user, renewed: renewed.claims(), refused, logout: client.buildEndSessionUrl(server, {}).href }));
