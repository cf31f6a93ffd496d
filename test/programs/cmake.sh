# shellcheck shell=bash
# cmake: configures a C project and runs a script of lists and strings.
# set: quick
prepare()
{
	mkdir src
	echo 'int main(void) { return 0; }' >src/main.c
	cat >src/CMakeLists.txt <<'END'
cmake_minimum_required(VERSION 3.20)
project(test C)
foreach(i RANGE 1 120)
	add_custom_target(t${i} COMMAND echo ${i})
	set_property(TARGET t${i} PROPERTY FOLDER "f${i}")
endforeach()
add_executable(main main.c)
enable_testing()
add_test(NAME runs COMMAND main)
END
	cat >work.cmake <<'END'
set(list "")
foreach(i RANGE 1 3000)
	math(EXPR n "(${i} * 7919) % 10007")
	list(APPEND list "item-${n}")
endforeach()
list(SORT list)
list(REMOVE_DUPLICATES list)
list(LENGTH list length)
string(REPLACE "item" "thing" text "${list}")
string(REGEX MATCHALL "thing-[0-9]*7" found "${text}")
list(LENGTH found nfound)
string(SHA256 sum "${text}")
message("${length} ${nfound} ${sum}")
END
}
run()
{
	under_test cmake -P "$INPUT/work.cmake"
	under_test cmake -S "$INPUT/src" -B out -Wno-dev >cmake.out
	sed -E 's/\([0-9.]+s\)//' cmake.out
	under_test make -s -C out main
	(cd out && under_test ctest) | grep -o '100% tests passed.*of 1'
}
