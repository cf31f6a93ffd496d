# shellcheck shell=bash
# java: compiles and runs one source file in memory; the JIT, the class
# metadata and direct buffers are what comes from malloc.
# set: quick
prepare()
{
	cat >Work.java <<'END'
import java.nio.ByteBuffer;
import java.util.*;
import java.util.concurrent.*;
import java.util.stream.*;
import java.util.zip.*;

public class Work {
	record Item(int id, String name, List<Integer> parts) { }
	public static void main(String[] args) throws Exception {
		Random random = new Random(42);
		Map<String, Item> items = new TreeMap<>();
		for (int i = 0; i < 60000; i++)
			items.put("n" + random.nextInt(), new Item(i, "i" + i,
				List.of(i, i * 2, i * 3)));
		System.out.println(items.size() + " " + items.values().stream()
			.mapToLong(x -> x.parts().get(2)).sum());
		ExecutorService pool = Executors.newFixedThreadPool(4);
		List<Future<Long>> sums = new ArrayList<>();
		for (int t = 0; t < 8; t++) {
			final int n = t;
			sums.add(pool.submit(() -> {
				CRC32 crc = new CRC32();
				for (int i = 0; i < 300; i++) {
					ByteBuffer b = ByteBuffer
						.allocateDirect(1000 + i * n);
					while (b.hasRemaining())
						b.put((byte) (i + n));
					b.flip();
					crc.update(b);
				}
				return crc.getValue();
			}));
		}
		for (Future<Long> f : sums)
			System.out.println(f.get());
		pool.shutdown();
		byte[] data = items.keySet().stream()
			.collect(Collectors.joining(",")).getBytes();
		Deflater deflater = new Deflater(6);
		deflater.setInput(data);
		deflater.finish();
		byte[] out = new byte[data.length];
		System.out.println(data.length + " " + deflater.deflate(out));
		System.out.println(IntStream.rangeClosed(1, 2000000).parallel()
			.filter(i -> i % 7 == 3).count());
	}
}
END
}
run()
{
	under_test java -XX:+UseParallelGC -Xmx200m "$INPUT/Work.java"
}
