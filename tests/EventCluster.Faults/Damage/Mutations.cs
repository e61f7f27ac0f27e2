using System.Globalization;
using EventCluster.Faults.Images;

namespace EventCluster.Faults.Damage;

/// <summary>All that can happen to an image, one thing at a time.</summary>
internal static class Mutations
{
    /// <summary>Every byte with one bit flipped, the bit drawn, and every byte zeroed.</summary>
    public static IEnumerable<Mutation> OfBytes(StoreImage image, Random random)
    {
        foreach (var (name, bytes) in image.Files)
        {
            for (var at = 0; at < bytes.Length; at++)
            {
                yield return new ByteMutation(name, at, (byte)(1 << random.Next(8)));
                if (bytes[at] != 0)
                {
                    yield return new ByteMutation(name, at, 0);
                }
            }
        }
    }

    /// <summary>Every file cut at every border of a record, one byte before it and one behind it.</summary>
    public static IEnumerable<Mutation> OfLengths(StoreImage image)
    {
        foreach (var (name, bytes) in image.Files)
        {
            foreach (var length in Borders.Of(name, bytes).SelectMany(border => new[] { border - 1, border, border + 1 }).Distinct())
            {
                if (length >= 0 && length < bytes.Length)
                {
                    yield return new CutMutation(name, length);
                }
            }
        }
    }

    /// <summary>Files removed, renamed, swapped, emptied, cleared, lengthened, copied over each other, and as they were earlier.</summary>
    public static IEnumerable<Mutation> OfFiles(StoreImage image)
    {
        var names = image.Files.Keys.ToArray();
        foreach (var name in names)
        {
            yield return new FileMutation("removed", $"{name} is removed", (_, files) => files.Remove(name));
            yield return Content("emptied", $"{name} is empty", name, _ => []);
            yield return Content("cleared", $"{name} is all zeros", name, bytes => new byte[bytes.Length]);
            yield return Content("cut", $"{name} is cut in half", name, bytes => bytes[..(bytes.Length / 2)]);
            yield return Content("lengthened", $"{name} has 4,096 zeros more", name, bytes => [.. bytes, .. new byte[4096]]);
            yield return Content("lengthened", $"{name} is there twice", name, bytes => [.. bytes, .. bytes]);
            foreach (var other in OtherNames(name, names))
            {
                yield return new FileMutation("renamed", $"{name} is named {other}", (_, files) =>
                {
                    files[other] = files[name];
                    files.Remove(name);
                });
                yield return new FileMutation("copied", $"{name} is also named {other}", (_, files) => files[other] = files[name]);
            }

            foreach (var other in names.Where(other => other != name))
            {
                yield return Content("copied", $"{name} has the content of {other}", name, _ => image.Files[other]);
                if (string.CompareOrdinal(name, other) < 0)
                {
                    yield return new FileMutation(
                        "swapped", $"{name} and {other} are swapped", (_, files) => (files[name], files[other]) = (files[other], files[name]));
                }
            }

            if (image.Earlier.TryGetValue(name, out var earlier))
            {
                yield return Content("earlier", $"{name} is as it was earlier", name, _ => earlier);
            }
        }

        foreach (var kind in names.Select(KindOf).Distinct(StringComparer.Ordinal))
        {
            yield return new FileMutation("removed", $"all files {kind} are removed", (_, files) => Remove(files, name => KindOf(name) == kind));
        }

        yield return new FileMutation("removed", "all files but format.json are removed", (_, files) => Remove(files, name => name != "format.json"));
        foreach (var segment in names.Where(name => KindOf(name) == "segment"))
        {
            yield return new FileMutation("removed", $"{segment} and what follows are removed", (_, files) =>
                Remove(files, name => KindOf(name) == "segment" && string.CompareOrdinal(name, segment) >= 0));
        }
    }

    private static FileMutation Content(string kind, string text, string name, Func<byte[], byte[]> change) =>
        new(kind, text, (_, files) => files[name] = change(files[name]));

    private static void Remove(SortedDictionary<string, byte[]> files, Func<string, bool> which)
    {
        foreach (var name in files.Keys.Where(which).ToArray())
        {
            files.Remove(name);
        }
    }

    private static string KindOf(string name) => name.Split('-', '.')[0];

    /// <summary>Names that mean something else to a store, or nothing.</summary>
    private static IEnumerable<string> OtherNames(string name, string[] names)
    {
        string[] other = [name + ".tmp", name + ".bak", "notes.txt", Numbered("segment", 1, "log"), Numbered("checkpoint", 1, "dat")];
        var highest = names.Where(n => KindOf(n) == KindOf(name)).Select(NumberOf).Max();
        if (highest > 0)
        {
            var suffix = name[(name.LastIndexOf('.') + 1)..];
            other = [.. other, .. new[] { highest + 1, highest + 1000, uint.MaxValue }.Select(n => Numbered(KindOf(name), n, suffix))];
        }

        return other.Except(names, StringComparer.Ordinal);
    }

    private static long NumberOf(string name) =>
        long.TryParse(name.Split('-', '.')[1], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;

    private static string Numbered(string kind, long number, string suffix) => $"{kind}-{number:D10}.{suffix}";
}
