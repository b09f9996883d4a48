/* A certified OpenID provider with one client; whoever types a name at it is that person. */
import { createServer } from "node:http";
import { Provider } from "oidc-provider";

const [port, client, callback] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;
const provider = new Provider(issuer, {
  clients: [{ client_id: client, client_secret: "known to both", redirect_uris: [callback], grant_types: ["authorization_code"], response_types: ["code"] }],
  claims: { openid: ["sub"], profile: ["preferred_username"] },
  conformIdTokenClaims: false,
  features: { devInteractions: { enabled: true } },
  cookies: { keys: ["for this test alone"] },
  findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ sub: `subject-of-${id}`, preferred_username: id }) }),
});
createServer(provider.callback()).listen(Number(port), "127.0.0.1", () => console.log("listening"));
