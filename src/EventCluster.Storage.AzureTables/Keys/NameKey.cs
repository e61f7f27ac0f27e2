using System.Text;

namespace EventCluster.Storage.AzureTables.Keys;

/// <summary>
/// Texts as table keys. Keys forbid <c>/ \ # ?</c> and control characters and hold 512 UTF-16 characters, and a stream name
/// has up to 512 bytes of UTF-8: so each byte becomes one character, U+2800 + byte. Those 256 are all assigned, have no
/// case and no normal forms, and ascend like the bytes, so keys sort as names do.
/// </summary>
internal static class NameKey
{
    /// <summary>Below every key of a name, above every other key of this store.</summary>
    public const string First = "\u2800";

    /// <summary>Above every key of a name; behind the key of a prefix, above all that begin with it.</summary>
    public const string Above = "\u2900";

    private const int Base = 0x2800;

    /// <summary>The key of a text.</summary>
    public static string Encode(string text) => string.Create(
        Encoding.UTF8.GetByteCount(text),
        text,
        static (key, text) =>
        {
            Span<byte> bytes = stackalloc byte[key.Length];
            Encoding.UTF8.GetBytes(text, bytes);
            for (var i = 0; i < bytes.Length; i++)
            {
                key[i] = (char)(Base + bytes[i]);
            }
        });

    /// <summary>The text of a key.</summary>
    public static string Decode(string key)
    {
        var bytes = new byte[key.Length];
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] = (byte)(key[i] - Base);
        }

        return Encoding.UTF8.GetString(bytes);
    }
}
