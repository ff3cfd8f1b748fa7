"""Who signs: what `--key` and `[signing] key` say becomes a `bundle.keys.Signer`.

`choosing` is the one way in, for key files too. `addresses` reads an address such as `pkcs11:...` or `awskms:...`;
`tokens` signs with a hardware token (PKCS#11), `services` with a cloud's key service; `issuing_keys` lets either issue
certificates.
"""
