# shellcheck shell=bash
# git: a repository of 600 files and some history: add, commit, repack with
# two threads, log, blame, diff, merge, gc, fsck, clone.
# set: quick
prepare()
{
	text_make 12000 5 >text
	mkdir tree
	cd tree || return
	awk '{ d = "d" int(NR / 20) % 25
		if (NR % 20 == 1) { close(f); f = d "-f" int(NR / 20) ".txt" }
		print > f }' ../text
}

commit()
{
	GIT_AUTHOR_DATE="$2 +0000" GIT_COMMITTER_DATE="$2 +0000" \
		under_test git commit -q -a -m "$1"
}

run()
{
	export GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@b
	export GIT_COMMITTER_NAME=A GIT_COMMITTER_EMAIL=a@b
	local i

	under_test git init -q -b main repo
	cd repo || return
	under_test git config gc.auto 0
	cp "$INPUT"/tree/* .
	under_test git add .
	commit first 1700000000
	for i in 1 2 3 4 5; do
		sed -i "$((i * 3))s/ /-$i-/3" d"$i"*.txt
		commit "change $i" $((1700000000 + i * 1000))
	done
	under_test git checkout -q -b side HEAD~3
	sed -i '1s/^/side /' d9*.txt
	commit side 1700009000
	under_test git checkout -q main
	GIT_COMMITTER_DATE='1700010000 +0000' \
		GIT_AUTHOR_DATE='1700010000 +0000' \
		under_test git merge -q -m merged side
	under_test git log --stat --format='%H %s' | sha256sum
	under_test git log -p --all -S'-3-' --format=%s | sha256sum
	under_test git blame d1-f51.txt | tail -n 3
	under_test git diff HEAD~4 --shortstat
	under_test git grep -c 'e[ns]t' | sha256sum
	under_test git repack -q -a -d -f --threads=2 --window=40
	under_test git gc -q --prune=now
	under_test git fsck --full --strict
	under_test git clone -q --no-local . ../copy
	under_test git -C ../copy rev-parse HEAD 'HEAD^{tree}'
}
