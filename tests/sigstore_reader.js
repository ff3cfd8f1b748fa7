// Has Sigstore's own libraries verify a Sigstore bundle by a public key: node sigstore_reader.js BUNDLE KEY.
// Run in a folder whose node_modules has @sigstore/bundle, @sigstore/core and @sigstore/verify.
const { createRequire } = require("module");
const { createHash } = require("crypto");
const fs = require("fs");
const here = createRequire(process.cwd() + "/");
const { bundleFromJSON } = here("@sigstore/bundle");
const { Verifier, toSignedEntity } = here("@sigstore/verify");
const { crypto } = here("@sigstore/core");

const [bundlePath, keyPath] = process.argv.slice(2);
const bundle = bundleFromJSON(JSON.parse(fs.readFileSync(bundlePath)));
const publicKey = crypto.createPublicKey(fs.readFileSync(keyPath, "utf-8"));
const hint = createHash("sha256").update(publicKey.export({ format: "der", type: "spki" })).digest("base64");
const trusted = {
    certificateAuthorities: [],
    timestampAuthorities: [],
    tlogs: [],
    ctlogs: [],
    publicKey: (asked) => {
        if (asked !== hint) throw new Error(`the bundle names the key ${asked}`);
        return { publicKey, validFor: () => true };
    },
};
try {
    new Verifier(trusted, { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 0 }).verify(toSignedEntity(bundle));
    console.log("verified");
} catch (error) {
    console.log(error.message);
}
