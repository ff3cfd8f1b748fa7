// Validates PDF files against one flavour (3a, ua1) with the engine of veraPDF. Exit code 1: one does not conform.
import java.io.FileInputStream;
import java.io.InputStream;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;
import org.verapdf.pdfa.validation.profiles.Profiles;
import org.verapdf.pdfa.validation.profiles.ValidationProfile;

public class Vera {
    public static void main(String[] arguments) throws Exception {
        java.util.logging.LogManager.getLogManager().reset();
        VeraGreenfieldFoundryProvider.initialise();
        PDFAFlavour flavour = PDFAFlavour.fromString(arguments[0]);
        boolean accessible = arguments[0].startsWith("ua");
        String name = accessible ? "PDFUA-" + arguments[0].substring(2) : "PDFA-" + arguments[0].toUpperCase();
        // The jar's own directory of profiles does not find them by flavour.
        ValidationProfile profile = Profiles.profileFromXml(
            Vera.class.getClassLoader().getResourceAsStream("org/verapdf/pdfa/validation/" + name + ".xml"));
        boolean good = true;
        for (int place = 1; place < arguments.length; place++) {
            try (InputStream file = new FileInputStream(arguments[place]);
                 PDFAParser parser = Foundries.defaultInstance().createParser(file, flavour)) {
                ValidationResult result = Foundries.defaultInstance().createValidator(profile, false).validate(parser);
                System.out.println(arguments[0] + " compliant=" + result.isCompliant());
                good &= result.isCompliant();
                for (TestAssertion one : result.getTestAssertions()) {
                    if (one.getStatus() == TestAssertion.Status.FAILED) System.out.println(one.getMessage());
                }
            }
        }
        System.exit(good ? 0 : 1);
    }
}
