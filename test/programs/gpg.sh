# shellcheck shell=bash
# gpg and ssh-keygen: keys, signatures, symmetric encryption with an agent.
# set: quick
prepare()
{
	text_make 20000 71 >words.txt
}
run()
{
	local gpg=(gpg --homedir "$PWD/g" --batch --quiet --no-tty
		--pinentry-mode loopback --s2k-count 65536 --passphrase "")

	mkdir -m 700 g
	under_test "${gpg[@]}" --quick-gen-key 'A <a@b>' ed25519 sign never \
		2>gen.err
	under_test "${gpg[@]}" -o words.sig --detach-sign "$INPUT/words.txt"
	under_test "${gpg[@]}" --verify words.sig "$INPUT/words.txt" 2>&1 |
		grep -o 'Good signature from.*'
	under_test "${gpg[@]}" -o words.gpg -c --cipher-algo AES256 \
		--passphrase secret "$INPUT/words.txt"
	under_test "${gpg[@]}" --passphrase secret -d words.gpg 2>/dev/null | sha256sum
	gpgconf --homedir "$PWD/g" --kill all
	under_test ssh-keygen -q -t ed25519 -N '' -C c -f key
	under_test ssh-keygen -Y sign -q -f key -n test <"$INPUT/words.txt" \
		>ssh.sig
	under_test ssh-keygen -Y check-novalidate -q -n test -f key.pub \
		-s ssh.sig <"$INPUT/words.txt" && echo "ssh signature is good"
	under_test ssh-keygen -l -f key.pub |
		sed 's/SHA256:[^ ]*//'
	under_test ssh-keygen -y -f key | diff - key.pub && echo same
}
