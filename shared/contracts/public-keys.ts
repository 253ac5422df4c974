/** Keys of an issuer of tokens, for a network that does not reach it. Only what everybody may know gets in. */
import { z } from 'zod';

/** Members of private and of symmetric keys. @source RFC 7518 §6.3.2 and §6.4.1 */
const secretMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'] as const;
/** A base64url text. @source RFC 4648 §5 */
const base64url = /^[A-Za-z0-9_-]+$/;
/** Characters of a modulus of 2048 bits. @source RFC 7518 §3.3: RS256 needs 2048 bits or more */
const MODULUS_CHARS = 342;

/** A public key that verifies RS256. Members that are not named are left out, as RFC 7517 §4 says. */
const rsaKey = z.object({
  kty: z.literal('RSA', 'an RSA key (`"kty": "RSA"`), because tokens are signed with RS256'),
  kid: z.string().min(1),
  alg: z.string().exactOptional(),
  use: z.string().exactOptional(),
  n: z.string().regex(base64url, 'base64url').min(MODULUS_CHARS, 'a modulus of at least 2048 bits'),
  e: z.string().regex(base64url, 'base64url'),
});

const publicKey = z
  .record(z.string(), z.unknown())
  .superRefine((key, context) => {
    const refuse = (member: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [member], message });
    if (key['kty'] === 'oct') refuse('kty', 'a symmetric key (oct) is a secret, and whoever has it can sign');
    for (const member of secretMembers)
      if (Object.hasOwn(key, member))
        refuse(member, 'a secret member of a key: leave only what the issuer shows to everybody');
  })
  .pipe(rsaKey);

/** A set of public RSA keys. @source RFC 7517 §5, JWK Set */
export const publicKeys = z.object({ keys: z.array(publicKey).min(1) });
