# shellcheck shell=bash
# openssl: keys, certificates, signing, encryption, digests; and a loopback
# TLS handshake.
# set: quick
tls_handshake()
{
	for _ in 1 2 3; do
		port=$(port_free)
		server_start openssl s_server -accept "127.0.0.1:$port" \
			-cert "$INPUT/cert.pem" -key "$INPUT/key.pem" -www
		server_wait openssl s_client -connect "127.0.0.1:$port" \
			</dev/null && break
	done
	for _ in 1 2 3 4; do
		under_test openssl s_client -connect "127.0.0.1:$port" \
			-CAfile "$INPUT/cert.pem" </dev/null 2>&1 |
			grep -E '^(New|Verify return|subject)'
	done
	server_stop
}

prepare()
{
	text_make 20000 43 >words.txt
	openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem \
		-out cert.pem -days 3650 -subj /CN=localhost 2>/dev/null
}

run()
{
	under_test openssl version
	under_test openssl dgst -sha512 -r <"$INPUT/words.txt"
	under_test openssl enc -aes-256-cbc -pbkdf2 -iter 20000 -S 0102030405060708 \
		-pass pass:secret -in "$INPUT/words.txt" -out words.enc
	files_sum words.enc
	under_test openssl enc -d -aes-256-cbc -pbkdf2 -iter 20000 -pass pass:secret \
		-S 0102030405060708 -in words.enc | sha256sum
	under_test openssl x509 -in "$INPUT/cert.pem" -noout -text |
		sed -n '/Signature Algorithm/p' | sort -u
	under_test openssl dgst -sha256 -sign "$INPUT/key.pem" -out sig \
		"$INPUT/words.txt"
	files_sum sig
	under_test openssl verify -CAfile "$INPUT/cert.pem" \
		"$INPUT/cert.pem" | sed 's/.*: //'
	under_test openssl genpkey -algorithm ED25519 |
		under_test openssl pkey -noout -text | wc -l
	under_test openssl list -digest-algorithms | sha256sum
	tls_handshake
}
