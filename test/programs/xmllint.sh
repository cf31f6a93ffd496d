# shellcheck shell=bash
# xmllint and xsltproc: documents of some megabytes as trees and streams.
# set: quick
prepare()
{
	{
		echo '<?xml version="1.0"?><all>'
		text_make 12000 73 | awk '{ printf "<row id=\"%d\" n=\"%s\">", $1,
			$NF
			for (i = 2; i < NF; i++)
				printf "<w l=\"%d\">%s</w>", length($i), $i
			print "</row>" }'
		echo '</all>'
	} >data.xml
	cat >sheet.xsl <<'END'
<xsl:stylesheet version="1.0"
	xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
<xsl:output method="text"/>
<xsl:template match="/all">
<xsl:for-each select="row[@n mod 3 = 0]"><xsl:sort select="@n"/>
<xsl:value-of select="concat(@id, ' ', w[1], ' ', count(w))"/><xsl:text>
</xsl:text></xsl:for-each>
</xsl:template>
</xsl:stylesheet>
END
}
run()
{
	under_test xmllint --format "$INPUT/data.xml" | sha256sum
	under_test xmllint --xpath 'count(//w[@l > 6])' "$INPUT/data.xml"
	under_test xmllint --stream --noout "$INPUT/data.xml"
	under_test xmllint --c14n "$INPUT/data.xml" | sha256sum
	under_test xsltproc "$INPUT/sheet.xsl" "$INPUT/data.xml" | sha256sum
	under_test xmllint --noout - <<<'<a><b></a>' || echo "status $?"
}
