namespace EventCluster.Hosting.Configuration;

/// <summary>Guesses what somebody meant to write.</summary>
internal static class NearestName
{
    /// <summary>The known name with the fewest letters to change, regardless of case; the first of equals.</summary>
    public static string Of(string written, IEnumerable<string> known) =>
        known.MinBy(name => Distance(written.ToUpperInvariant(), name.ToUpperInvariant()))
        ?? throw new ArgumentException("There is no known name.", nameof(known));

    /// <summary>Letters to insert, delete or replace to turn one text into the other.</summary>
    public static int Distance(string from, string to)
    {
        var row = Enumerable.Range(0, to.Length + 1).ToArray();
        for (var i = 1; i <= from.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= to.Length; j++)
            {
                var replaced = diagonal + (from[i - 1] == to[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[^1];
    }
}
